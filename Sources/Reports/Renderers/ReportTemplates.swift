/// The page of the reviewer's report; `ReportView`.
enum ReportTemplates {
    static let report = """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
        <meta name="color-scheme" content="light dark">
        <title>{{title}}: {{subtitle}}</title>
        <style>
        {{{style}}}</style>
        </head>
        <body>
        {{>signs}}
        <a class="skip" href="#sections">Skip to the sections</a>
        <main>
        <header class="cover">
        <p class="kicker">{{title}}</p>
        <h1 class="verdict {{verdictState}}"><svg class="sign {{verdictState}}" aria-hidden="true">\
        <use href="#sign-{{verdictState}}"/></svg><span>{{headline}}</span></h1>
        <p class="subtitle">{{subtitle}}</p>
        <dl class="account">
        {{#accounts}}
        <div><dt>{{label}}</dt>{{#statements}}<dd>{{.}}</dd>{{/statements}}</div>
        {{/accounts}}
        </dl>
        <dl class="figures">
        {{#figures}}
        <div><dt>{{label}}</dt><dd><strong>{{value}}</strong><span>{{remark}}</span></dd></div>
        {{/figures}}
        </dl>
        </header>
        <section class="controls" aria-labelledby="controls">
        <h2 id="controls">Six controls</h2>
        <p class="lead">The compliance checklist of the vendor's Attachments guide, judged from the evidence below: {{tally}}.</p>
        <ol>
        {{#controls}}
        <li class="control {{state}}">
        <div class="asked"><h3><span class="number">{{number}}</span>{{name}}</h3><p>{{asks}}</p></div>
        <p class="state"><svg class="sign {{state}}" aria-hidden="true"><use href="#sign-{{state}}"/></svg>{{word}}</p>
        <div class="found"><p>{{finding}}</p><ul>{{#facts}}<li>{{.}}</li>{{/facts}}</ul></div>
        </li>
        {{/controls}}
        </ol>
        </section>
        <nav aria-label="Sections"><ol>
        {{#sections}}
        <li><a href="#{{anchor}}">{{heading}}</a></li>
        {{/sections}}
        </ol></nav>
        <div id="sections">
        {{#sections}}
        <section class="{{sectionClass}}" aria-labelledby="{{anchor}}">
        <h2 id="{{anchor}}">{{heading}}</h2>
        <p class="lead">{{lead}}</p>
        {{#charts}}
        <figure><figcaption>{{chartTitle}}</figcaption><div class="scroll drawing" tabindex="0" role="region" \
        aria-label="{{chartTitle}}">{{{drawing}}}</div></figure>
        {{/charts}}
        {{#tables}}
        {{>table}}
        {{/tables}}
        </section>
        {{/sections}}
        </div>
        <footer>
        {{#colophon}}
        <p>{{.}}</p>
        {{/colophon}}
        </footer>
        </main>
        </body>
        </html>

        """
}
