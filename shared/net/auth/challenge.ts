/** What a server wants to know before it does something (RFC 9110, 11.6.1). */
export interface Challenge {
  /** In lower case: `basic`, `bearer`. */
  readonly scheme: string
  /** Names in lower case. */
  readonly parameters: ReadonlyMap<string, string>
}

const longestHeader = 16 * 1024
const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const parameter = new RegExp(`^(${token})[ \\t]*=[ \\t]*(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s,"]*))`)
const schemeStart = new RegExp(`^(${token})(?=[ \\t]|,|$)`)

/** All challenges of `WWW-Authenticate` headers; one header may have several. What cannot be read is passed over. */
export function parseChallenges(headers: readonly string[]): Challenge[] {
  return headers.flatMap((header) => parseHeader(header.slice(0, longestHeader)))
}

function parseHeader(header: string): Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = []
  for (let rest = header; rest !== ''; ) {
    rest = rest.replace(/^[\s,]+/, '')
    const pair = parameter.exec(rest)
    const scheme = pair === null ? schemeStart.exec(rest) : null
    const [whole] = pair ?? scheme ?? []
    if (pair !== null) {
      const [, name = '', quoted, plain = ''] = pair
      challenges
        .at(-1)
        ?.parameters.set(name.toLowerCase(), quoted === undefined ? plain : quoted.replaceAll(/\\(.)/g, '$1'))
    } else if (scheme !== null) {
      challenges.push({ scheme: (scheme[1] ?? '').toLowerCase(), parameters: new Map() })
    }
    rest = whole === undefined ? rest.slice(1).replace(/^[^\s,]*/, '') : rest.slice(whole.length)
  }
  return challenges
}
