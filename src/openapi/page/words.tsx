// The document's descriptions as HTML: what they have of CommonMark is paragraphs, lists, code and bold.
import type { Child } from 'hono/jsx'

/** Paragraphs and lists. */
export function Words({ text }: { readonly text: string }) {
  const blocks = text.split('\n\n').map((block) => {
    if (!block.startsWith('- ')) return <p>{inline(block)}</p>
    const items = block.split('\n').map((line) => <li>{inline(line.replace(/^- /, ''))}</li>)
    return <ul>{items}</ul>
  })
  return <>{blocks}</>
}

/** One line. */
export function inline(text: string): Child[] {
  return text.split(/(`[^`]+`|\*\*[^*]+\*\*)/).map((part) => {
    if (part.startsWith('`')) return <code>{part.slice(1, -1)}</code>
    return part.startsWith('**') ? <strong>{part.slice(2, -2)}</strong> : part
  })
}
