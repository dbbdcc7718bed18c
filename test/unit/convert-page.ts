// Converts the page on the standard input to every format, one after the other, and says how long each came out.
import { readFileSync } from 'node:fs'
import { toHtml } from '../../src/providers/confluence/storage-format/html.ts'
import { toMarkdown } from '../../src/providers/confluence/storage-format/markdown.ts'
import { PageTooLarge } from '../../src/providers/confluence/storage-format/page-budget.ts'
import { toText } from '../../src/providers/confluence/storage-format/text.ts'

const storage = readFileSync(0, 'utf8')

function convert(render: typeof toText): number | 'too large' {
  try {
    return render(storage, { title: 'Plan' }).length
  } catch (error) {
    if (error instanceof PageTooLarge) return 'too large'
    throw error
  }
}

const lengths = { markdown: convert(toMarkdown), text: convert(toText), html: convert(toHtml) }
process.stdout.write(JSON.stringify(lengths))
