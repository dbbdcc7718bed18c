// The part of Papa Parse that is used. Its published types pull in those of Node, which a Worker does not have.
declare module 'papaparse' {
  interface Results<Row> {
    readonly data: Row
    /** `cursor`: characters read so far. */
    readonly meta: { readonly delimiter: string; readonly cursor: number }
  }
  interface Settings {
    readonly delimiter?: string
    readonly newline?: string
    readonly quoteChar?: string
    readonly preview?: number
    readonly delimitersToGuess?: readonly string[]
  }
  const Papa: {
    parse(
      input: string,
      settings: Settings & { readonly step: (results: Results<string[]>) => void },
    ): void
    parse(input: string, settings: Settings): Results<string[][]>
  }
  // eslint-disable-next-line no-restricted-exports -- as it is published
  export default Papa
}
