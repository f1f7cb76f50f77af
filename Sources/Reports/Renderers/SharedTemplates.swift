/// Pieces that the report and the statement of erasure share.
enum SharedTemplates {
    /// One table; `TableView`.
    static let table = """
        {{#isEmpty}}
        <h3>{{caption}}</h3>
        <p class="none">{{emptyText}}</p>
        {{/isEmpty}}
        {{^isEmpty}}
        <div class="scroll" role="region" aria-label="{{caption}}" tabindex="0">
        <table class="{{length}}">
        <caption>{{caption}}</caption>
        <thead><tr>{{#columns}}<th scope="col" class="{{headClass}}">{{heading}}</th>{{/columns}}</tr></thead>
        <tbody>
        {{#rows}}
        <tr>{{#cells}}{{>cell}}{{/cells}}</tr>
        {{/rows}}
        </tbody>
        {{#sums}}
        <tfoot><tr>{{#cells}}{{>cell}}{{/cells}}</tr></tfoot>
        {{/sums}}
        </table>
        </div>
        {{#omission}}<p class="note">{{.}}</p>{{/omission}}
        {{/isEmpty}}

        """

    /// One cell; `TableView.Field`.
    static let cell =
        "{{#isHeader}}<th scope=\"row\" class=\"{{cellClass}}\">{{>value}}</th>{{/isHeader}}"
        + "{{^isHeader}}<td class=\"{{cellClass}}\">{{>value}}</td>{{/isHeader}}"

    static let value =
        "{{#sign}}<svg class=\"sign {{.}}\" aria-hidden=\"true\"><use href=\"#sign-{{.}}\"/></svg>{{/sign}}"
        + "{{#isCode}}<code>{{text}}</code>{{/isCode}}{{^isCode}}{{text}}{{/isCode}}"

    /// The four signs, drawn once: a tick, a cross, a question mark, a dash. Their shapes differ, not their colour alone.
    static let signs = """
        <svg class="defs" aria-hidden="true" focusable="false">
        <defs>
        <pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">\
        <rect width="5" height="5" class="hatch-ground"/><rect width="2" height="5" class="hatch-line"/></pattern>
        <symbol id="sign-good" viewBox="0 0 16 16"><circle cx="8" cy="8" r="7.25" class="disc"/>\
        <path d="M4.6 8.4l2.3 2.3 4.5-5.2" class="stroke"/></symbol>
        <symbol id="sign-bad" viewBox="0 0 16 16"><rect x="1" y="1" width="14" height="14" rx="2.5" class="disc"/>\
        <path d="M5.2 5.2l5.6 5.6M10.8 5.2l-5.6 5.6" class="stroke"/></symbol>
        <symbol id="sign-unsure" viewBox="0 0 16 16"><circle cx="8" cy="8" r="6.9" class="ring"/>\
        <path d="M6 6.6a2 2 0 1 1 3 1.7c-.7.4-1 .8-1 1.5M8 11.7v.1" class="ring"/></symbol>
        <symbol id="sign-plain" viewBox="0 0 16 16"><path d="M4 8h8" class="stroke"/></symbol>
        </defs>
        </svg>

        """
}
