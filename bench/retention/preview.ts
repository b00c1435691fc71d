// Previews of all that a registry has, in a process of its own: `preview.ts ROOT TIMES`. Prints what each took, and the largest memory in MiB, as JSON.
import { openRetained } from '../../e2e/retention/testing/open-retained.ts'
import { policy } from './policy.ts'

const [root = '', times = '1'] = process.argv.slice(2)
const notices: string[] = []
const opened = await openRetained(root, { now: Date.now, onNotice: (notice) => void notices.push(notice) })
const microseconds: number[] = []
for (let i = 0; i < Number(times); i++) {
  const began = performance.now()
  let decisions = 0
  let considered = -1
  for await (const page of opened.retention.preview({ text: policy })) {
    for (const line of page) {
      if (line.kind === 'totals') considered = line.totals.considered
      else decisions++
    }
  }
  microseconds.push(Math.round((performance.now() - began) * 1000))
  if (decisions !== considered || considered === 0) throw new Error(`${decisions} decisions about ${considered} items`)
}
await opened.close()
if (notices.length > 0) throw new Error(notices.join('\n'))
console.log(JSON.stringify({ microseconds, peak: Math.ceil(process.resourceUsage().maxRSS / 1024) }))
