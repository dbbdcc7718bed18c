// What the build puts into build/, imported as text.
declare module '*.client.txt' {
  const text: string
  // eslint-disable-next-line no-restricted-exports -- how a text module arrives
  export default text
}
declare module '*.css' {
  const text: string
  // eslint-disable-next-line no-restricted-exports -- how a text module arrives
  export default text
}
