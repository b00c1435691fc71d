import { BadValue, type Kind, texts } from '../../../shared/config/kinds.ts'

const most = 100
const name = '[a-z\\d](?:[a-z\\d-]{0,61}[a-z\\d])?'
const hostPattern = new RegExp(`^(?:${name}(?:\\.${name})*|\\[[a-f\\d:]{2,39}\\])(?::[1-9]\\d{0,4})?$`)

/** Hosts as they stand in the names of images: `registry.example.org`, `localhost:5000`, `[::1]:5000`. */
export const hostNames: Kind<readonly string[]> = {
  ...texts,
  name: 'list of HOST or HOST:PORT',
  read(value) {
    const hosts = texts.read(value)
    if (hosts.length > most) throw new BadValue(`there are more than ${most}`)
    const wrong = hosts.find((host) => host.length > 200 || !hostPattern.test(host))
    if (wrong === undefined) return hosts
    const shown = JSON.stringify(wrong.slice(0, 80))
    throw new BadValue(`${shown} is no host as names of images have it: write registry.example.org:5000, in lower case`)
  },
}
