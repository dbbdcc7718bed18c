// Keeps the keyboard's place when what had the focus leaves the page.

// Who has not begun yet has no place to lose: the first Tab goes to the top of the page.
let hasBegun = false
document.addEventListener('focusin', () => (hasBegun = true), { once: true })

/** Moves a lost focus to the page's heading, where a screen reader starts to read; leaves any other where it is. */
export function rescueFocus(): void {
  if (!hasBegun) return
  if (document.activeElement !== null && document.activeElement !== document.body) return
  document.querySelector('h1')?.focus()
}
