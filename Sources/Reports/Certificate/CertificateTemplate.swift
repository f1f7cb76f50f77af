/// The page of the statement of erasure; `CertificateView`.
enum CertificateTemplate {
    static let page = """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
        <meta name="color-scheme" content="light dark">
        <title>Statement of erasure: {{subtitle}}</title>
        <style>
        {{{style}}}</style>
        </head>
        <body>
        {{>signs}}
        <main>
        <header>
        <h1>Statement of erasure</h1>
        <p class="kicker">{{subtitle}}</p>
        <p class="statement">{{statement}}</p>
        <p class="lead">Evidence of what was done through the vendor's API and of what the vendor answered. Not a certification.</p>
        </header>
        <section aria-label="Who and when"><dl class="facts">
        {{#facts}}
        <div><dt>{{label}}</dt><dd>{{statement}}</dd></div>
        {{/facts}}
        </dl></section>
        <section aria-labelledby="what"><h2 id="what">What was done</h2>
        {{#outcomes}}
        {{>table}}
        {{/outcomes}}
        </section>
        <section aria-labelledby="how"><h2 id="how">How, and how far it reaches</h2>
        <p class="lead"><code>{{operation}}</code>, one request for each attachment; only a 204 confirms.</p>
        <div class="reach">
        <div><h3>It reaches</h3><ul>{{#reaches}}<li>{{.}}</li>{{/reaches}}</ul></div>
        <div><h3>It does not reach</h3><ul>{{#misses}}<li>{{.}}</li>{{/misses}}</ul></div>
        </div>
        <h3>What was looked through</h3>
        <p class="coverage">{{coverage}}</p>
        </section>
        <section class="page" aria-labelledby="items"><h2 id="items">Items</h2>
        {{#items}}
        {{>table}}
        {{/items}}
        </section>
        <section aria-labelledby="fields"><h2 id="fields">Sanitization record</h2>
        {{#fields}}
        {{>table}}
        {{/fields}}
        </section>
        <section class="page" aria-labelledby="proof"><h2 id="proof">Proof</h2>
        <p class="lead">The audit log is chained, keyed and signed. The public key to check it with reaches a reviewer on another way than this page.</p>
        <dl class="facts two"><div><dt>Log</dt><dd><code>{{origin}}</code></dd></div><div><dt>Public key</dt><dd><code>{{vkey}}</code></dd></div></dl>
        <h3>Signed checkpoint</h3>
        {{#checkpoint}}
        <pre>{{.}}</pre>
        {{/checkpoint}}
        {{^checkpoint}}
        <p class="none">The log has not been sealed since.</p>
        {{/checkpoint}}
        <div class="records">
        {{#records}}
        {{>table}}
        {{/records}}
        </div>
        </section>
        <footer><p>{{colophon}}</p></footer>
        </main>
        </body>
        </html>

        """
}
