import test from 'ava'
import { refuseExposure } from './exposure.ts'
import { configOf, settingsOf } from './read.ts'

const exposures: readonly [addresses: readonly [string, string?], config: object, refused: RegExp | undefined][] = [
  [['127.0.0.1'], {}, undefined],
  [['127.0.0.1', '::1'], {}, undefined],
  [['127.0.0.1', '10.0.0.1'], {}, /^10\.0\.0\.9:9090: everyone[^\n]* metrics[^\n]*$/],
  [['127.0.0.1', '::'], { insecure: { plainHttp: true, anonymousPush: true } }, /metrics/],
  [['127.0.0.1', '10.0.0.1'], { tls: { mode: 'auto' } }, /metrics/],
  [['127.0.0.1', '10.0.0.1'], { insecure: { anonymousMetrics: true } }, undefined],
  [
    ['10.0.0.1', '10.0.0.1'],
    { insecure: { anonymousMetrics: true } },
    /^[^\n]*plain HTTP[^\n]*\n[^\n]*no accounts[^\n]*$/,
  ],
  [['10.0.0.1', '10.0.0.1'], {}, /plain HTTP.*\n.*no accounts.*\n.*metrics/],
  [['::'], {}, /plain HTTP.*\n.*no accounts/],
  [['10.0.0.1'], { tls: { mode: 'auto' } }, /^[^\n]*no accounts[^\n]*$/],
  [['10.0.0.1'], { insecure: { anonymousPush: true } }, /^[^\n]*plain HTTP[^\n]*$/],
  [['10.0.0.1'], { insecure: { plainHttp: true } }, /no accounts/],
  [['10.0.0.1'], { insecure: { anonymousPush: true }, tls: { mode: 'auto' } }, undefined],
  [['0.0.0.0'], { insecure: { anonymousPush: true, plainHttp: true } }, undefined],
]
for (const [list, object, refused] of exposures) {
  test(`on ${list.join()} ${JSON.stringify(object)} is ${refused === undefined ? 'served' : 'refused'}`, (t) => {
    const settings = settingsOf({ ...object, metrics: { listen: '10.0.0.9:9090' } }, 'f')
    const [clients, operators] = list
    const work = (): void => refuseExposure(configOf([settings]), { clients, operators })
    if (refused === undefined) t.notThrows(work)
    else t.throws(work, { code: 'EXPOSURE_REFUSED', message: refused })
  })
}
