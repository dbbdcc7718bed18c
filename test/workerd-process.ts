// The workerd that this process has started, as the kernel sees it.
import { readdirSync, readFileSync } from 'node:fs'

/** Resident memory in MiB. Throws where there is none, or more than one. */
export function watchWorkerd(): { readonly resident: () => number } {
  const own = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && isOurs(name))
  const [pid] = own
  if (pid === undefined || own.length > 1) throw new Error(`${own.length} workerd processes`)
  const pattern = /^VmRSS:\s+(\d+) kB/m
  return {
    resident: () => Number(pattern.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024,
  }
}

/** Others may run on the machine. */
function isOurs(pid: string): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const parent = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]
    return stat.includes('(workerd)') && Number(parent) === process.pid
  } catch {
    // It has ended meanwhile.
    return false
  }
}
