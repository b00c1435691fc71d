import { join } from 'node:path'
import type { BuildOptions } from '../build-types.ts'
import { createExecutor } from '../exec/create-executor.ts'
import type { Executor } from '../exec/types.ts'
import type { Store } from '../store/types.ts'
import type { EmitEvent } from './events.ts'

/** The runtime of this build, and a line that says which one was taken and why. */
export async function openExecutor(store: Store, options: BuildOptions, emit: EmitEvent): Promise<Executor> {
  const executor = await createExecutor({
    stateDir: join(store.root, 'runtime'),
    onNotice: (message: string) => emit({ type: 'notice', message }),
    ownProcess: options.ownProcess === true,
    ...(options.runtime !== undefined && { runtime: options.runtime }),
  })
  const { name, version, reason } = executor.runtime
  emit({ type: 'notice', message: `runtime: ${name} ${version} (${reason})` })
  return executor
}
