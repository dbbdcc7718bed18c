// Finds a name that is free, the way desktops do: "name 1.ext".
import { Problem } from '../problems/problem.ts'

/** How many numbers are tried before the name counts as taken. */
const MAX_TRIES = 50

/** The first of "name 1.ext", "name 2.ext" … that `isTaken` denies. Throws `name_conflict` after 50. */
export async function freeName(
  name: string,
  isTaken: (name: string) => Promise<boolean>,
): Promise<string> {
  for (let number = 1; number <= MAX_TRIES; number++) {
    const candidate = numberedName(name, number)
    if (!(await isTaken(candidate))) return candidate
  }
  throw new Problem('name_conflict')
}

/** The number stands before the ending; a leading dot is part of the name. */
export function numberedName(name: string, number: number): string {
  const dot = name.lastIndexOf('.')
  return dot > 0 ? `${name.slice(0, dot)} ${number}${name.slice(dot)}` : `${name} ${number}`
}
