// The search box with its filter. What is typed is looked for as it is typed; Enter is not needed.
interface SearchBoxProps {
  readonly q: string
  readonly category: string
  /** Those that have been seen. */
  readonly categories: readonly string[]
  /** What is wrong with what is typed. */
  readonly error: string | undefined
  readonly onQuery: (q: string) => void
  readonly onCategory: (category: string) => void
}

const valueOf = (event: Event) => (event.target as HTMLInputElement).value

export function SearchBox(props: SearchBoxProps) {
  const { q, category, categories, error, onQuery, onCategory } = props
  return (
    <search>
      <form class="finder" onSubmit={(event: Event) => event.preventDefault()}>
        <div class="field finder-words">
          <label for="search-q">Search the text of your documents</label>
          <input
            id="search-q"
            type="search"
            value={q}
            autocomplete="off"
            spellcheck={false}
            maxLength={1000}
            aria-describedby="search-hint search-error"
            aria-invalid={error === undefined ? undefined : 'true'}
            onInput={(event: Event) => onQuery(valueOf(event))}
          />
        </div>
        <div class="field">
          <label for="search-category">Category</label>
          <input
            id="search-category"
            type="text"
            list="search-categories"
            value={category}
            placeholder="All"
            autocomplete="off"
            maxLength={100}
            onInput={(event: Event) => onCategory(valueOf(event))}
          />
          <datalist id="search-categories">
            {categories.map((one) => (
              <option key={one} value={one} />
            ))}
          </datalist>
        </div>
      </form>
      <p class="muted small" id="search-hint">
        “Words in quotes” stand together, <code>begin*</code> finds longer words, <code>-word</code>{' '}
        leaves out.
      </p>
      <p class="error" id="search-error" role="alert">
        {error ?? ''}
      </p>
    </search>
  )
}
