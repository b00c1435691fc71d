import test from 'ava'
import { createModelInventory } from '../run/testing/model-inventory.ts'
import { HeldTrash } from './held-trash.ts'
import { type InventoryFixture, inventorySuite } from './inventory-contract.ts'

function fixture(canUndo: boolean): InventoryFixture {
  const model = createModelInventory({ canUndo })
  const trash = new HeldTrash()
  model.setTrash(trash)
  return {
    inventory: model,
    tag: async (repository, tag, text) =>
      model.content.push(repository, tag, { at: Date.now(), text, layers: { [text]: 1000 } }),
    loosen: async (repository, tag) => model.content.removeItem({ kind: 'tag', repository, name: tag }),
    use: async (repository, tag) =>
      model.content.note({ kind: 'tag', repository, name: tag }, { guards: [{ kind: 'in-use', about: 'runs' }] }),
    ...(canUndo && { trash }),
  }
}

inventorySuite(test, { name: 'the model', make: async () => fixture(true) })
inventorySuite(test, { name: 'the model without a trash', make: async () => fixture(false) })
