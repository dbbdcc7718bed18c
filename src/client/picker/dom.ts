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
