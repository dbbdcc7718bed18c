// How the picker looks: a sheet that is adopted, which no policy of a page forbids, and whose colours the page may set.

/**
 * Custom properties: `--slipway-accent`, `--slipway-on-accent`, `--slipway-background`, `--slipway-text`, `--slipway-muted`,
 * `--slipway-border`, `--slipway-error`, `--slipway-radius`, `--slipway-font`, `--slipway-height`. Light and dark go by the page's
 * `color-scheme`, or the attribute `theme`.
 */
const CSS = `
:host {
  --accent: var(--slipway-accent, light-dark(#1a56b8, #8ab4f8));
  --on-accent: var(--slipway-on-accent, light-dark(#fff, #10131a));
  --background: var(--slipway-background, light-dark(#fff, #171a21));
  --text: var(--slipway-text, light-dark(#1b1f27, #e8eaf0));
  --muted: var(--slipway-muted, light-dark(#565d6b, #a9b0bf));
  --border: var(--slipway-border, light-dark(#c9ced8, #444b59));
  --error: var(--slipway-error, light-dark(#a5141c, #ff9a9a));
  --radius: var(--slipway-radius, 8px);
  color-scheme: light dark;
  display: block;
  min-width: 0;
  font: 1rem/1.4 var(--slipway-font, system-ui, sans-serif);
  color: var(--text);
}
:host([hidden]) { display: none; }
:host([theme='light']) { color-scheme: light; }
:host([theme='dark']) { color-scheme: dark; }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
.frame {
  display: flex; flex-direction: column; gap: .5rem;
  height: var(--slipway-height, 26rem);
  padding: .75rem;
  background: var(--background);
  border: 1px solid var(--border); border-radius: var(--radius);
}
h2 { margin: 0; font-size: 1.1rem; }
p { margin: 0; }
nav ol { display: flex; flex-wrap: wrap; gap: .25rem; margin: 0; padding: 0; list-style: none; }
nav li { display: flex; align-items: center; min-width: 0; max-width: 100%; }
nav li + li::before { content: '›'; margin-inline-end: .25rem; color: var(--muted); }
nav button, nav span {
  max-width: 14rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap;
}
.body { flex: 1; min-height: 0; overflow: auto; display: flex; flex-direction: column; gap: .5rem; padding: 4px; }
ul[role='listbox'] { margin: 0; padding: 0; list-style: none; flex: 0 1 auto; }
[role='option'] {
  display: flex; align-items: center; gap: .5rem;
  min-height: 2.25rem; padding: .25rem .5rem;
  border-radius: calc(var(--radius) / 2); cursor: default;
}
[role='option']:hover { background: color-mix(in srgb, var(--accent) 8%, transparent); }
[role='option'][aria-selected='true'] { background: color-mix(in srgb, var(--accent) 16%, transparent); }
ul:focus-visible { outline: none; }
ul:focus-visible [data-marked] { outline: 2px solid var(--accent); outline-offset: -2px; }
.box {
  display: grid; place-items: center; flex: none;
  width: 1.5rem; height: 1.5rem;
  border: 1px solid var(--muted); border-radius: 4px;
}
.icon { flex: none; width: 1.25rem; height: 1.25rem; fill: none; stroke: var(--muted); stroke-width: 1.5; }
p[role='status']:empty { margin-top: -.5rem; }
div[role='alert']:empty { display: none; }
.name { flex: 1 1 auto; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.note, .muted { flex: none; color: var(--muted); font-size: .875rem; }
.note { max-width: 50%; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.error { color: var(--error); }
.row { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem; }
.end { justify-content: flex-end; }
.grow { flex: 1; }
button, input {
  min-height: 2.25rem; padding: .25rem .75rem;
  font: inherit; color: inherit;
  background: var(--background);
  border: 1px solid var(--border); border-radius: calc(var(--radius) / 2);
}
button { cursor: pointer; }
button[disabled], button[aria-disabled='true'] { opacity: .6; cursor: default; }
button.main { background: var(--accent); border-color: var(--accent); color: var(--on-accent); }
button.plain, nav button { background: none; border-color: transparent; color: var(--accent); padding-inline: .25rem; }
button:focus-visible, input:focus-visible, p:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
p:focus { outline: none; }
form { display: flex; flex-direction: column; gap: .5rem; max-width: 32rem; }
label { display: block; }
input { width: 100%; border-color: var(--muted); }
input[aria-invalid='true'] { border-color: var(--error); }
`

let sheet: CSSStyleSheet | undefined

/** One sheet for all pickers of a page. */
export function pickerSheet(): CSSStyleSheet {
  if (sheet === undefined) {
    sheet = new CSSStyleSheet()
    sheet.replaceSync(CSS)
  }
  return sheet
}
