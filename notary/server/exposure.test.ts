import test from 'ava'
import { besideReader } from './config/read.ts'
import { refuseExposure } from './exposure.ts'

const here = '127.0.0.1'
const there = '10.0.0.1'

const cases: readonly [config: object, on: Parameters<typeof refuseExposure>[1], refused: RegExp | undefined][] = [
  [{}, { clients: here, isOpen: true }, undefined],
  [{ tls: { mode: 'off' } }, { clients: '::1', isOpen: true }, undefined],
  [{}, { clients: there, isOpen: true }, /^[^\n]*no accounts[^\n]*$/],
  [{}, { clients: '::', isOpen: true }, /no accounts/],
  [{}, { clients: there, isOpen: false }, undefined],
  [{ insecure: { anonymousPublish: true } }, { clients: there, isOpen: true }, undefined],
  [{ tls: { mode: 'off' } }, { clients: there, isOpen: false }, /^[^\n]*plain HTTP[^\n]*$/],
  [{ tls: { mode: 'off' } }, { clients: there, isOpen: true }, /plain HTTP.*\n.*no accounts/],
  [{ tls: { mode: 'off' }, insecure: { plainHttp: true } }, { clients: there, isOpen: false }, undefined],
  [{}, { clients: here, operators: there, isOpen: true }, /metrics/],
  [{ insecure: { anonymousMetrics: true } }, { clients: here, operators: there, isOpen: true }, undefined],
  [{}, { clients: here, operators: here, isOpen: true }, undefined],
]

for (const [object, on, refused] of cases) {
  test(`${JSON.stringify(object)} on ${JSON.stringify(on)} is ${refused === undefined ? 'served' : 'refused'}`, (t) => {
    const config = besideReader.configOf([besideReader.settingsOf(object, 'f')])
    const work = (): void => refuseExposure(config, on)
    if (refused === undefined) t.notThrows(work)
    else t.throws(work, { code: 'EXPOSURE_REFUSED', message: refused })
  })
}
