// What is imported as text: what the build puts into build/, and the documentation.
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
declare module '*.md' {
  const text: string
  // eslint-disable-next-line no-restricted-exports -- how a text module arrives
  export default text
}
