// Makes elements: text is always text, and handlers are listeners, so that nothing depends on a page's policy.

type Properties = Readonly<
  Record<string, string | number | boolean | undefined | ((event: Event) => void)>
>
type Child = Node | string | false | undefined

/**
 * An element with attributes, listeners (`onclick` and the like) and children. `true` sets an attribute without a value; `false` and
 * undefined leave it away.
 */
export function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  properties: Properties = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name)
  for (const [key, value] of Object.entries(properties)) {
    if (typeof value === 'function') element.addEventListener(key.replace(/^on/, ''), value)
    else if (value === true) element.setAttribute(key, '')
    else if (value !== undefined && value !== false) element.setAttribute(key, String(value))
  }
  element.append(...children.filter((child) => child !== undefined && child !== false))
  return element
}

const SVG = 'http://www.w3.org/2000/svg'

/** Drawn with lines on a field of 24 by 24. */
const SHAPES = {
  drive: 'M4 14l2.5-9h11L20 14v5H4zM4 14h16M16 16.5h1',
  folder: 'M3 6h6l2 2h10v11H3z',
  file: 'M6 3h8l4 4v14H6zM14 3v4h4',
} as const

export type IconName = keyof typeof SHAPES

/** A picture that says nothing by itself. */
export function drawIcon(name: IconName): SVGElement {
  const svg = document.createElementNS(SVG, 'svg')
  svg.setAttribute('viewBox', '0 0 24 24')
  svg.setAttribute('aria-hidden', 'true')
  svg.setAttribute('class', 'icon')
  const shape = document.createElementNS(SVG, 'path')
  shape.setAttribute('d', SHAPES[name])
  svg.append(shape)
  return svg
}
