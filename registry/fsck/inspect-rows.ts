import { rowPages } from './row-pages.ts'
import type { Found, FsckContext } from './types.ts'

/** Looks at each row of a kind whose key can be read, one at a time; `phase` is what is told of that. */
export async function inspectRows(
  context: FsckContext,
  { kind, phase }: { readonly kind: { prefix(): string }; readonly phase: string },
  look: (key: string) => Promise<readonly Found[]>,
): Promise<void> {
  for await (const page of rowPages(context.metadata, kind.prefix())) {
    for (const { key } of page) {
      context.step(phase)
      await context.inspect(() => look(key))
    }
  }
}
