import { median } from '../measure.ts'
import { type ServerField, type ServerRow, timed } from '../servers/row.ts'
import { requestsPerSecond } from '../servers/wrk.ts'
import { manifestAccept, startScene, type TrustScene } from './scene.ts'

const rows: readonly ServerRow<TrustScene>[] = [
  {
    name: 'T4',
    title:
      'what verification adds to a pull of an image that is there: a whole command, beside one that does not verify',
    rounds: 5,
    figures: [
      { title: 'collection seen before', unit: 'ms', better: 'less', value: 15 },
      { title: 'first contact', unit: 'ms', better: 'less', value: 60 },
    ],
    async prepare(scene, size) {
      const { host, ibuild, forget } = scene
      await scene.publish('free/app:1')
      const pull = (...flags: readonly string[]) => timed(() => ibuild(['pull', '-q', ...flags, `${host}/free/app:1`]))
      return async () => {
        const [plain, warm, cold]: [number[], number[], number[]] = [[], [], []]
        await pull('--verify')
        for (let i = 0; i < (size === 'full' ? 15 : 2); i++) {
          plain.push(await pull('--no-verify'))
          warm.push(await pull('--verify'))
          forget()
          cold.push(await pull('--verify'))
        }
        return [median(warm) - median(plain), median(cold) - median(plain)]
      }
    },
  },
  {
    name: 'T5',
    title: 'what the gate adds to a GET of a manifest, its verdict known: wrk with one thread and 16 connections',
    rounds: 5,
    figures: [
      { title: 'for each request', unit: 'ms', better: 'less', value: 0.2 },
      { title: 'requests without a rule', unit: '1/s', better: 'more' },
      { title: 'requests through the gate', unit: '1/s', better: 'more' },
    ],
    async prepare(scene, size) {
      const urls = ['free', 'gated'].map((path) => `http://${scene.host}/v2/${path}/app/manifests/1`)
      for (const path of ['free', 'gated']) await scene.publish(`${path}/app:1`)
      return async () => {
        const rates: number[] = []
        for (const url of urls) rates.push(await requestsPerSecond(url, size === 'full' ? 5 : 1, [manifestAccept]))
        const [free = 0, gated = 0] = rates
        return [1000 / gated - 1000 / free, free, gated]
      }
    },
  },
]

/** Our verification, and what it costs. */
export const trustField: ServerField<TrustScene> = {
  rows,
  names: ['ibuild'],
  reference: 'ibuild',
  start: (_, options) => startScene(options),
}
