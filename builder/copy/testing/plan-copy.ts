import { layOut } from '../lay-out.ts'
import { selectSources } from '../select-sources.ts'
import type { CopyPlan, CopyRequest } from '../types.ts'

/** The layer of a COPY or ADD: {@link selectSources} and {@link layOut} in one. Close it when the layer is written. */
export async function planCopy(request: CopyRequest): Promise<CopyPlan> {
  return layOut(await selectSources(request), request)
}
