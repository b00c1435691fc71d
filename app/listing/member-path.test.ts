import test from 'ava'
import { memberAt, parseMemberPath } from './member-path.ts'

const data = {
  type: 'image',
  config: { Labels: { 'a.b': 'dotted', 'x"y': 'quoted', '': 'empty' }, Env: ['A=1', 'B=2'] },
  nothing: null,
  layers: [{ diffID: 'one' }, { diffID: 'two' }],
}

const rows: [path: string, value: unknown][] = [
  ['type', 'image'],
  ['config.Env', ['A=1', 'B=2']],
  ['config.Env[1]', 'B=2'],
  ['config.Env.1', 'B=2'],
  ['layers[0].diffID', 'one'],
  ['layers.1.diffID', 'two'],
  ['config.Labels["a.b"]', 'dotted'],
  ['config.Labels["x\\"y"]', 'quoted'],
  ['config.Labels[""]', 'empty'],
  ['config["Env"][0]', 'A=1'],
  ['["type"]', 'image'],
  ['nothing', null],
]
for (const [path, value] of rows)
  test(`the member ${path}`, (t) => t.deepEqual(memberAt(data, parseMemberPath(path)), value))

const malformed = ['', '.', '.type', 'config.', 'config..Env', 'a[', 'a[x]', 'a[-1]', 'a["x]', 'a[""', 'a]b', 'a"b']
for (const path of malformed) {
  test(`no path: ${JSON.stringify(path)}`, (t) => {
    t.throws(() => parseMemberPath(path), { code: 'USAGE', message: /is not a path of members/ })
  })
}

const missing: [path: string, hint: RegExp][] = [
  ['typ', /Did you mean type/],
  ['config.env', /Did you mean Env/],
  ['layers[2]', /It has 2 elements/],
  ['nothing.more', /There is nothing/],
  ['type.length', /There is nothing/],
  ['constructor', /There is type, config/],
  ['__proto__', /There is type, config/],
]
for (const [path, hint] of missing) {
  test(`a member that is not there: ${path}`, (t) => {
    const error = t.throws(() => memberAt(data, parseMemberPath(path)), { code: 'USAGE', message: /no member/ })
    t.regex(String(Reflect.get(error ?? {}, 'hint')), hint)
  })
}
