/**
 * Arguments: a file with overlays to mount as JSON, and one for their descriptions. Runs in a mount namespace of its own.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mount, mountFlags } from '../../shared/sys/native.ts'
import { describeDirectory } from './describe.ts'
import { changeTree } from './random-changes.ts'

interface OverlayRequest {
  readonly lowers: readonly string[]
  /** An empty directory of the caller's. */
  readonly scratch: string
  /** Changes the tree before it is described. */
  readonly changeSeed?: number
}

const [requestFile, resultFile] = process.argv.slice(2)
if (requestFile === undefined || resultFile === undefined) throw new Error('needs a request and a result file')
mount('none', '/', null, mountFlags.private | mountFlags.recursive, null)
const requests: readonly OverlayRequest[] = JSON.parse(readFileSync(requestFile, 'utf8'))
const described = requests.map(({ lowers, scratch, changeSeed }) => {
  const [merged, upper, work] = ['merged', 'upper', 'work'].map((name) => `${scratch}/${name}`)
  for (const dir of [merged, upper, work]) mkdirSync(`${dir}`)
  const options = `lowerdir=${lowers.toReversed().join(':')},upperdir=${upper},workdir=${work}`
  mount('overlay', `${merged}`, 'overlay', 0, `${options},redirect_dir=off,metacopy=off,index=off`)
  if (changeSeed !== undefined) changeTree(`${merged}`, changeSeed)
  return describeDirectory(`${merged}`)
})
writeFileSync(resultFile, JSON.stringify(described))
