// Structured log lines. What can be logged is a closed set of fields, so that no secret, name or vendor text can be among them.

export interface LogLine {
  readonly level: 'info' | 'warn' | 'error'
  readonly event:
    | 'request'
    | 'failure'
    | 'background_failure'
    | 'sweep_failure'
    | 'setting'
    | 'swept'
    | 'import_slice'
    | 'import_failure'
    | 'import_dead'
    | 'rate_limit_failure'
    | 'alert_failure'
    | 'alert_given_up'
    | 'deletion_end'
    | 'deletion_failure'
    | 'deletion_left'
    | 'deletion_dead'
  readonly request_id?: string
  readonly method?: string
  /** The route's pattern, never the path: ids and names stand there. */
  readonly route?: string
  readonly status?: number
  /** Of the problem table. */
  readonly code?: string
  /** The id of the provider that a failure came from. */
  readonly provider?: string | undefined
  readonly ms?: number
  /** Class names of the error and its causes: never their messages, which may repeat a URL or a body. */
  readonly errors?: readonly string[]
  /** Where in our own code a bug was thrown: function and file names only. */
  readonly at?: string
  readonly setting?: string
  readonly count?: number
  readonly import_id?: string
  /** What an invocation asked of the platform. */
  readonly statements?: number
  readonly subrequests?: number
}

export function writeLog(line: LogLine): void {
  // eslint-disable-next-line no-console -- the platform collects what is written here
  console[line.level](JSON.stringify({ time: new Date().toISOString(), ...line }))
}

/** The class names of an error and its causes, the outermost first. */
export function errorNames(error: unknown): string[] {
  const names: string[] = []
  for (let at = error; at instanceof Error && names.length < 5; at = at.cause) names.push(at.name)
  return names
}

/** The first frames of a stack, without the message line. */
export function stackOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const frames = error.stack?.split('\n').filter((line) => /^\s+at /.test(line))
  return frames
    ?.slice(0, 4)
    .map((line) => line.trim())
    .join(' < ')
}
