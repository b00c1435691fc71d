import test from 'ava'
import fc from 'fast-check'
import { isIbuildError } from '../../shared/base/errors.ts'
import { type ExpandOptions, expandHeredoc, expandWord, expandWords } from './expand.ts'

const location = { file: 'Dockerfile', startLine: 3, endLine: 3, text: 'ENV x' }
const variables = new Map(
  Object.entries({ x: 'abc', e: '', sp: ' a  b ', p: '/usr/local/lib/x.tar.gz', star: 'a*b?c', q: '"', 안녕: 'hi' }),
)
const options: ExpandOptions = { variables, escape: '\\', location }

/** Word, result. */
const expanded: readonly (readonly [string, string])[] = [
  // V01: names
  ['$x', 'abc'],
  ['${x}', 'abc'],
  ['<$x>$x', '<abc>abc'],
  ['$xy$x.y', 'abc.y'],
  ['${x}y', 'abcy'],
  ['$안녕-', 'hi-'],
  ['$', '$'],
  ['a$', 'a$'],
  ['$.', '$.'],
  ['$ x', '$ x'],
  ['$1', ''],
  ['$12ab', 'ab'],
  ['${12}ab', 'ab'],
  ['$0', ''],
  ['$@a$*b$#c$?d$-e$$f$!g', 'abcdefg'],
  ['${@}${?}${$}', ''],
  // V02: defaults
  ['${u:-w}|${e:-w}|${x:-w}', 'w|w|abc'],
  ['${u-w}|${e-w}|${x-w}', 'w||abc'],
  ['${u:+w}|${e:+w}|${x:+w}', '||w'],
  ['${u+w}|${e+w}|${x+w}', '|w|w'],
  ['${x:?no}|${x?no}|${e?no}', 'abc|abc|'],
  ['${u:-}', ''],
  ['${u:-a b}', 'a b'],
  ['${u:-${e:-${x}}}', 'abc'],
  ['${u:-"a}b"}', 'a}b'],
  ["${u:-'$x'}", '$x'],
  ['${u:-a\\}b}', 'a}b'],
  ['${u:-{}}', '{}'],
  ['${1:-one}', 'one'],
  ['${@:-at}', 'at'],
  // V03: patterns
  ['${p#*/}', 'usr/local/lib/x.tar.gz'],
  ['${p##*/}', 'x.tar.gz'],
  ['${p%.*}', '/usr/local/lib/x.tar'],
  ['${p%%.*}', '/usr/local/lib/x'],
  ['${p%/*}', '/usr/local/lib'],
  ['${x#?}', 'bc'],
  ['${x%?}', 'ab'],
  ['${x#b}', 'abc'],
  ['${x#}', 'abc'],
  ['${x##*}', ''],
  ['${x#*}', 'abc'],
  ['${x%%*}', ''],
  ['${x%*}', 'abc'],
  ['${star#a\\*}', 'b?c'],
  ['${star%b\\?c}', 'a*'],
  ["${star#'a*'}", '*b?c'],
  ['${star#"a?"}', 'b?c'],
  ['${x#${e}a}', 'bc'],
  ['${x/b/-}', 'a-c'],
  ['${x/z/-}', 'abc'],
  ['${x/b/}', 'ac'],
  ['${p/\\/usr/}', '/local/lib/x.tar.gz'],
  ['${p//\\//:}', ':usr:local:lib:x.tar.gz'],
  ['${p//./\\/}', '/usr/local/lib/x/tar/gz'],
  ['${x/b/\\}}', 'a}c'],
  ['${x//?/<>}', '<><><>'],
  ['${x//*/-}', '-'],
  ['${x///-}', '-a-b-c-'],
  ['${x/*/-}', '-'],
  ['${x/b/$x}', 'aabcc'],
  ['${x//[ab]/-}', 'abc'],
  ['${e//*/-}', '-'],
  ['${u/a/b}', ''],
  // V05: quotes and escapes
  ["'$x'", '$x'],
  ['"$x"', 'abc'],
  ['\\$x', '$x'],
  ['"\\$x"', '$x'],
  ["'\\$x'", '\\$x'],
  ['a\\b', 'ab'],
  ['"a\\b"', 'a\\b'],
  ['"a\\"b\\\\c"', 'a"b\\c'],
  ['"it\'s"', "it's"],
  ['\'say "x"\'', 'say "x"'],
  ['a"b"c\'d\'', 'abcd'],
  ['a\\ b', 'a b'],
  ['a b  c', 'a b  c'],
  ['end\\', 'end'],
  ['\\\\', '\\'],
  ['""', ''],
  ['$q$x$q', '"abc"'],
  ['a<<b', 'a<<b'],
  ['', ''],
  // V06: unset
  ['/path/$u/x', '/path//x'],
]

for (const [word, result] of expanded) {
  test(`expandWord ${JSON.stringify(word)}`, (t) => {
    t.is(expandWord(word, options), result)
  })
}

/** Word, end of the message. */
const failing: readonly (readonly [string, string])[] = [
  ['${}', 'syntax error: bad substitution'],
  ['${:x}', 'syntax error: bad substitution'],
  ['${{x}', 'syntax error: bad substitution'],
  ['${', "syntax error: missing '}'"],
  ['${x', "syntax error: missing '}'"],
  ['${x:', "syntax error: missing '}'"],
  ['${x:-', "syntax error: missing '}'"],
  ['${x:-${y}', "syntax error: missing '}'"],
  ['"${x:-"}', 'unexpected end of statement while looking for matching double-quote'],
  ['${x/a}', "syntax error: missing '/' in ${}"],
  ['${x/a/b', "syntax error: missing '}'"],
  ['${x:=y}', 'unsupported modifier (:=) in substitution'],
  ['${x:y}', 'unsupported modifier (:y) in substitution'],
  ['${x:#a}', 'unsupported modifier (:#) in substitution'],
  ['${x:%a}', 'unsupported modifier (:%) in substitution'],
  ['${x:/a/b}', 'unsupported modifier (:/) in substitution'],
  ['${x^^}', 'unsupported modifier (^) in substitution'],
  ['${x y}', 'unsupported modifier ( ) in substitution'],
  ['${!x}', 'unsupported modifier (x) in substitution'],
  ['${x😀}', 'unsupported modifier (😀) in substitution'],
  ['${u:?}', 'u: is not allowed to be unset'],
  ['${u?}', 'u: is not allowed to be unset'],
  ['${e:?}', 'e: is not allowed to be empty'],
  ['${u:?set $x}', 'u: set abc'],
  ['${e:?"why not"}', 'e: why not'],
  ['${x#a\\b}', "invalid pattern (a\\b) in substitution: invalid escape '\\b'"],
  ['${x/\\a/b}', "invalid pattern (\\a) in substitution: invalid escape '\\a'"],
  ["it's", 'unexpected end of statement while looking for matching single-quote'],
  ['say "x', 'unexpected end of statement while looking for matching double-quote'],
  [`${'${a:-'.repeat(101)}${'}'.repeat(101)}`, 'substitutions are nested deeper than 100'],
]

for (const [word, message] of failing) {
  test(`expandWord refuses ${JSON.stringify(word.slice(0, 40))}`, (t) => {
    const error = t.throws(() => expandWord(word, options))
    t.true(isIbuildError(error, 'DOCKERFILE_EXPANSION'), String(error))
    t.true(error?.message.startsWith('failed to process "'), error?.message)
    t.true(error?.message.endsWith(`: ${message}`), error?.message)
    t.is(isIbuildError(error) ? error.location : undefined, location)
  })
}

test('an unclosed quote comes with advice', (t) => {
  const error = t.throws(() => expandWord('"a', options))
  t.regex(isIbuildError(error) ? (error.hint ?? '') : '', /JSON form/)
})

test('nesting of 100 is fine', (t) => {
  t.is(expandWord(`${'${u:-'.repeat(100)}deep${'}'.repeat(100)}`, options), 'deep')
})

test('a backtick as escape character', (t) => {
  const windows: ExpandOptions = { ...options, escape: '`' }
  t.is(expandWord('C:\\dir\\$x', windows), 'C:\\dir\\abc')
  t.is(expandWord('`$x`a', windows), '$xa')
  t.is(expandWord('"`$x`a`""', windows), '$x`a"')
  t.is(expandWord('${star#a`*}${star#a\\*}', windows), 'b?cb?c')
  t.is(expandWord('${x/b/`}}', windows), 'a}c')
  t.throws(() => expandWord('${x#`b}', windows), { message: /invalid escape/ })
})

/** Word, words. */
const split: readonly (readonly [string, readonly string[]])[] = [
  ['80 443', ['80', '443']],
  ['$sp', ['a', 'b']],
  ['x$sp$x', ['x', 'a', 'b', 'abc']],
  ['"$sp"', [' a  b ']],
  ["'a b' c\\ d", ['a b', 'c d']],
  ['80${u:-80}', ['8080']],
  ['${u:-80 90}', ['80', '90']],
  ['  ', []],
  ['""', []],
  ['$u', []],
  ['a\tb\nc\u00a0d', ['a', 'b', 'c', 'd']],
]

for (const [word, words] of split) {
  test(`expandWords ${JSON.stringify(word)}`, (t) => {
    t.deepEqual(expandWords(word, options), words)
  })
}

test('heredoc bodies keep their quotes, and the escape character is the backslash', (t) => {
  const body = 'a "$x" \'$x\' it\'s\n\\$x \\\\ \\" ${u:-"d"} \\n\n'
  t.is(expandHeredoc(body, { variables, location }), 'a "abc" \'abc\' it\'s\n$x \\ " "d" n\n')
  t.throws(() => expandHeredoc('${x', { variables, location }), { message: /missing '}'/ })
})

test('onUnset hears of variables that become empty, and of no others', (t) => {
  const names: string[] = []
  const word = "$u1 ${u2} ${u3#a} ${u4/a/b} ${u5:-d} ${u6+d} ${u7:-$u8} $x $e \\$u9 '$u10'"
  expandWord(word, { ...options, onUnset: (name) => names.push(name) })
  t.deepEqual(names, ['u1', 'u2', 'u3', 'u4', 'u8'])
})

/** The length of an expansion, so that a failing test does not print the whole of it. */
function length(word: string, value: string): number {
  return expandWord(word, { ...options, variables: new Map([['b', value]]) }).length
}

test('growth is bounded', (t) => {
  const value = 'x'.repeat(1_000_000)
  t.is(length('$b'.repeat(16), value), 16_000_000)
  t.throws(() => length('$b'.repeat(17), value), { message: /expands to more than 16777216 characters/ })
  t.throws(() => length('${b//x/$b}', value), { message: /expands to more than/ })
  t.throws(() => length('${b//xxxx/${b}}', value), { message: /expands to more than/ })
})

test('the work of patterns is bounded', (t) => {
  const value = 'a'.repeat(1_000_000)
  const start = Date.now()
  t.is(length(`\${b#${'*a'.repeat(20)}b}`, value), 1_000_000)
  t.throws(() => length(`\${b#${'a?'.repeat(1000)}b}`, value), { message: /too long to match/ })
  t.throws(() => length(`\${b//${'*a'.repeat(10)}b/x}`.repeat(4), value), { message: /too long to match/ })
  t.true(Date.now() - start < 5000, `${Date.now() - start} ms`)
})

test('text without special characters is itself', (t) => {
  const plain = fc.string({ unit: 'binary' }).filter((text) => !/[$'"\\]/.test(text))
  fc.assert(fc.property(plain, (text) => expandWord(text, options) === text))
  t.pass()
})

test('a word quoted for the shell comes back as it was', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const single = `'${text.replaceAll("'", `'"'"'`)}'`
      const double = `"${text.replaceAll(/["$\\]/g, '\\$&')}"`
      return expandWord(single, options) === text && expandWord(double, options) === text
    }),
  )
  t.pass()
})

test('any word expands or fails with DOCKERFILE_EXPANSION', (t) => {
  const atoms = [
    '$',
    '{',
    '}',
    ':',
    '-',
    '+',
    '?',
    '#',
    '%',
    '/',
    '*',
    '\\',
    '`',
    '"',
    "'",
    ' ',
    'x',
    'e',
    'u',
    '<<',
    '😀',
  ]
  const word = fc.array(fc.constantFrom(...atoms), { maxLength: 30 }).map((parts) => parts.join(''))
  fc.assert(
    fc.property(word, fc.constantFrom('\\' as const, '`' as const), (text, escape) => {
      for (const expand of [expandWord, expandWords, expandHeredoc]) {
        try {
          expand(text, { ...options, escape })
        } catch (error) {
          if (!isIbuildError(error, 'DOCKERFILE_EXPANSION')) throw error
        }
      }
    }),
    { numRuns: 2000 },
  )
  t.pass()
})
