// What the build puts into build/, imported as text.
declare module '*.client.txt' {
  const text: string
  export default text
}
declare module '*.css' {
  const text: string
  export default text
}
