// The few pictures of the console, drawn for it.

export function FolderIcon() {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d="M3 6.5a1.5 1.5 0 0 1 1.5-1.5h5l2 2.5h8A1.5 1.5 0 0 1 21 9v9a1.5 1.5 0 0 1-1.5 1.5h-15A1.5 1.5 0 0 1 3 18z" />
    </svg>
  )
}

export function FileIcon() {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d="M6 3.5h8l4 4v13H6zM14 3.5v4h4" />
    </svg>
  )
}

export function PencilIcon() {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d="M4 20l1-4.5L16 4.5 19.5 8l-11 11zM13.5 7l3.5 3.5" />
    </svg>
  )
}

export function BinIcon() {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d="M4.5 7h15M9.5 7V4.5h5V7M6.5 7l1 13h9l1-13M10.3 10.5v6M13.7 10.5v6" />
    </svg>
  )
}

export function DownloadIcon() {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d="M12 4v11M7.5 11l4.5 4.5 4.5-4.5M5 19.5h14" />
    </svg>
  )
}

export function TickIcon() {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d="M5 12.5l4.5 4.5L19 7.5" />
    </svg>
  )
}

export function DotsIcon() {
  return (
    <svg class="icon dots" viewBox="0 0 24 24" aria-hidden="true">
      <path d="M12 5.5v.01M12 12v.01M12 18.5v.01" />
    </svg>
  )
}

export function SearchIcon() {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d="M10.5 4.5a6 6 0 1 1 0 12a6 6 0 0 1 0-12M15 15l5 5" />
    </svg>
  )
}
