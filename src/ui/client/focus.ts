// Keeps the keyboard's place when what had the focus leaves the page.

/** Moves a lost focus to the page's heading, where a screen reader starts to read; leaves any other where it is. */
export function rescueFocus(): void {
  if (document.activeElement !== null && document.activeElement !== document.body) return
  document.querySelector('h1')?.focus()
}
