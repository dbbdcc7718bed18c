// What stands in the place of a page, or of rows, until they are known.

/** Blocks like the cards of the home page. */
export function PageSkeleton() {
  return (
    <div class="wrap" role="status">
      <span class="visually-hidden">Loading…</span>
      <div class="skeleton title" aria-hidden="true" />
      <div class="cards" aria-hidden="true">
        {[1, 2, 3].map((at) => (
          <div key={at} class="skeleton block" />
        ))}
      </div>
    </div>
  )
}

export function RowsSkeleton() {
  return (
    <div role="status">
      <span class="visually-hidden">Loading…</span>
      <div class="rows" aria-hidden="true">
        {[1, 2, 3, 4].map((at) => (
          <div key={at} class="skeleton line" />
        ))}
      </div>
    </div>
  )
}
