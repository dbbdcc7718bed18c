// Counts what one invocation asks of the platform, which allows 1,000 statements to D1 and 1,000 subrequests in each.

export interface Meter {
  /** Requests to the outside and operations on R2. */
  subrequests: number
  /** Statements sent to D1, those of a batch one by one. */
  statements: number
}

/** The same database; every statement that is prepared counts. */
export function meterDatabase(database: D1Database, meter: Meter): D1Database {
  return counting(database, (name) => {
    if (name === 'prepare') meter.statements++
  })
}

/** The same bucket; every operation counts, those on its multipart uploads too. */
export function meterBucket(bucket: R2Bucket, meter: Meter): R2Bucket {
  const count = () => {
    meter.subrequests++
  }
  return counting(bucket, count, (made) => {
    return isMultipart(made) ? counting(made, count) : made
  })
}

function counting<T extends object>(
  target: T,
  count: (name: string) => void,
  wrap: (made: unknown) => unknown = (made) => made,
): T {
  return new Proxy(target, {
    get(object, name) {
      const value: unknown = Reflect.get(object, name, object)
      if (typeof value !== 'function') return value
      return (...args: unknown[]) => {
        count(String(name))
        const made: unknown = Reflect.apply(value, object, args)
        return made instanceof Promise ? made.then(wrap) : wrap(made)
      }
    },
  })
}

const isMultipart = (made: unknown): made is R2MultipartUpload =>
  typeof made === 'object' && made !== null && 'uploadPart' in made

/** Statements and subrequests after which the clock's jobs begin nothing more, and leave it to their next run. */
const FULL = 700

export const hasRoom = ({ statements, subrequests }: Meter): boolean =>
  statements < FULL && subrequests < FULL
