import {
  Document,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Range,
  type Scalar,
  type SchemaOptions,
  visit,
} from 'yaml'

/** Text that every reader of YAML 1.1 and 1.2 takes for a string without quotes; all other text is quoted. */
const plain = /^[A-Za-z/](?:[\w/.@+-]| (?=[\w/.@+-]))*$/
/** Words that are no strings to some reader of YAML 1.1 or 1.2. */
const special = /^(?:y|yes|n|no|on|off|true|false|null|nan|inf|e[-+]?\d+)$/i
/** What a terminal acts on, or YAML takes for the end of a line, and JSON's escapes leave as it is. */
const unescaped = /[\u007f-\u00a0\u2028\u2029\ufeff]/g

/**
 * YAML of plain data for a person or a script; a reader of YAML 1.1 or 1.2 gets the same data back. Text that could be read
 * as anything else is in double quotes, with control characters escaped.
 */
export function yamlText(value: unknown): string {
  const document = new Document(value, { aliasDuplicateObjects: false })
  visit(document, {
    Scalar: (_key, node) => {
      if (isScalar(node) && typeof node.value === 'string' && needsQuotes(node.value)) node.type = 'QUOTE_DOUBLE'
    },
  })
  const text = document.toString({ lineWidth: 0, doubleQuotedAsJSON: true })
  return text.replace(unescaped, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

function needsQuotes(text: string): boolean {
  return !plain.test(text) || special.test(text)
}

const asJson: SchemaOptions = { schema: 'core', merge: false, customTags: [] }

/** What a text is that is no YAML, or does not say one thing only. */
export interface YamlProblem {
  /** With line and column. */
  readonly problem: string
  /** From 1; undefined where it is about the whole. */
  readonly line: number | undefined
}

/**
 * Plain data of one YAML document (1.2): maps as objects, nothing else than JSON has. Errors are those of the text, with line and
 * column, as one message.
 */
export function parseYaml(text: string): { readonly value: unknown } | YamlProblem {
  try {
    // The parser's own look for doubled keys takes a time that grows with the square of their number.
    const document = parseDocument(text, { ...asJson, uniqueKeys: false, prettyErrors: true })
    const [failure] = [...document.errors, ...document.warnings]
    if (failure === undefined)
      return doubledKey(document, text) ?? { value: document.toJS({ maxAliasCount: 100 }) as unknown }
    return { problem: failure.message.split('\n')[0]?.replace(/:$/, '') ?? 'not YAML', line: failure.linePos?.[0].line }
  } catch (error) {
    // What is nested too deep for the stack ends as a RangeError.
    const message = error instanceof Error && !(error instanceof RangeError) ? error.message : undefined
    return { problem: message ?? 'not YAML, or nested too deep', line: undefined }
  }
}

/** Of two values under one key, one would be lost without a word. Keys are one when their texts are, as `1` and `"1"`. */
function doubledKey(document: Document.Parsed, text: string): YamlProblem | undefined {
  let doubled: Scalar | undefined
  visit(document, {
    Map(_key, map) {
      const seen = new Set<string>()
      doubled = map.items
        .map(({ key }) => key)
        .filter(isScalar)
        .find((key) => seen.size === seen.add(String(key.value)).size)
      return doubled === undefined ? undefined : visit.BREAK
    },
  })
  if (doubled === undefined) return undefined
  const { line, col } = placeIn(text, doubled.range?.[0] ?? 0)
  return { problem: `Map keys must be unique: ${JSON.stringify(doubled.value)} at line ${line}, column ${col}`, line }
}

function placeIn(text: string, offset: number): { readonly line: number; readonly col: number } {
  const before = text.slice(0, offset)
  return { line: before.split('\n').length, col: offset - before.lastIndexOf('\n') }
}

/** The lines (from 1) of what a YAML document has, by paths as messages have them: `.rules[0].names`. Empty when it does not parse. */
export function yamlLines(text: string): ReadonlyMap<string, number> {
  const counter = new LineCounter()
  const lines = new Map<string, number>()
  const note = (path: string, range: Range | null | undefined): void => {
    if (range) lines.set(path, counter.linePos(range[0]).line)
  }
  const walk = (node: unknown, path: string): void => {
    if (isMap(node)) {
      for (const { key, value } of node.items) {
        const inner = `${path}.${isScalar(key) ? String(key.value) : ''}`
        if (isNode(key)) note(inner, key.range)
        walk(value, inner)
      }
    } else if (isSeq(node)) {
      for (const [i, item] of node.items.entries()) {
        if (isNode(item)) note(`${path}[${i}]`, item.range)
        walk(item, `${path}[${i}]`)
      }
    }
  }
  walk(parseDocument(text, { ...asJson, uniqueKeys: false, lineCounter: counter }).contents, '')
  return lines
}
