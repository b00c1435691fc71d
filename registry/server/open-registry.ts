import { mkdirSync } from 'node:fs'
import { memoryService } from '../http/testing/memory-service.ts'
import { registryLayout } from '../storage/layout.ts'
import type { ServerConfig } from './config/schema.ts'
import type { Log } from './log.ts'
import type { OpenRegistry } from './server.ts'

export interface OpenRegistryOptions {
  /** Data folder. */
  readonly root: string
  readonly config: Pick<ServerConfig, 'storage'>
  readonly log: Log
}

export async function openRegistry({ root }: OpenRegistryOptions): Promise<OpenRegistry> {
  mkdirSync(registryLayout(root).folder, { recursive: true, mode: 0o700 })
  return { service: memoryService(), space: async () => undefined }
}
