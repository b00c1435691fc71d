import { isNetwork } from '../net/networks.ts'
import { BadValue, type Kind, texts } from './kinds.ts'

/** Networks of IP addresses. */
export const networks: Kind<readonly string[]> = {
  ...texts,
  name: 'list of networks such as 10.0.0.0/8',
  read(value) {
    const list = texts.read(value)
    const wrong = list.find((one) => !isNetwork(one))
    if (wrong === undefined) return list
    throw new BadValue(`${JSON.stringify(wrong.slice(0, 80))} is no network such as 10.0.0.0/8`)
  },
}
