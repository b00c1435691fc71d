import { suggest } from '../../../shared/base/suggest.ts'
import { BadValue, isPlainObject, type Kind, onlyInFile } from '../../../shared/config/kinds.ts'
import { isKeyName } from '../../signer-name.ts'

/** A public key by which images are signed as cosign does, and what policies call it. */
export interface SignerKey {
  readonly name: string
  /** PEM file. */
  readonly keyFile: string
}

const most = 100
const keys = ['name', 'keyFile']

/** Keys that `signedBy` may name: `[{ name, keyFile }]`. */
export const signerKeys: Kind<readonly SignerKey[]> = {
  name: 'list of keys',
  read(value) {
    if (!Array.isArray(value)) throw new BadValue('expected a list of name and keyFile')
    if (value.length > most) throw new BadValue(`there are more than ${most}`)
    const list = value.map((one: unknown, i) => readSigner(one, `[${i}]`))
    const names = list.map(({ name }) => name)
    const twice = names.find((name, i) => names.indexOf(name) !== i)
    if (twice !== undefined) throw new BadValue(`${twice} is there twice`)
    return list
  },
  fromText: onlyInFile,
  show: (value) => value.map((one) => ({ ...one })),
}

function readSigner(value: unknown, place: string): SignerKey {
  if (!isPlainObject(value)) throw new BadValue(`${place}: expected name and keyFile`)
  const other = Object.keys(value).find((key) => !keys.includes(key))
  if (other !== undefined) {
    const meant = suggest(other, keys)
    const advice = meant === undefined ? '' : `; did you mean ${meant}?`
    throw new BadValue(`${place}: there is no key ${JSON.stringify(other.slice(0, 80))}${advice}`)
  }
  const { name, keyFile } = value
  if (typeof name !== 'string' || !isKeyName(name))
    throw new BadValue(`${place}.name: expected a name of letters, digits, dots and hyphens that is no role`)
  if (typeof keyFile !== 'string' || keyFile === '' || keyFile.length > 4096)
    throw new BadValue(`${place}.keyFile: expected the path of a public key`)
  return { name, keyFile }
}
