// Names that try a vendor: each survives a round trip, or is refused with the reason.

/** As many characters, and bytes, as most file systems have room for. */
export const LONGEST_NAME = `${'long '.repeat(50)}e.txt`

export const NAMES = [
  'O\'Brien\'s "quoted" file.txt',
  'hash # and % and 100%25.txt',
  'plus + & ampersand = ; , @ $ !.txt',
  'spaces  in   a row.txt',
  'emoji 🚢⚓.txt',
  'Ünïcödé NFC é.txt',
  'Unicode NFD e\u0301.txt',
  'question? star* pipe| less< greater> colon: back\\slash.txt',
  'no ending',
  '.hidden',
  'trailing dot.',
  '漢字かな交じり.txt',
  'percent %2F %2e%2e.txt',
  ' leading space.txt',
  'trailing space ',
  'trailing dots...',
  'delete \u007f.txt',
  '~$x',
  'CON.txt',
  LONGEST_NAME,
  // 247 bytes of UTF-8.
  `${'漢'.repeat(81)}.txt`,
]
