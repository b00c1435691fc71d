import test from 'ava'
import { createDockerInventory } from '../../app/adapters/docker-inventory.ts'
import { inventorySuite } from '../../retention/testing/inventory-contract.ts'
import { missing, skipFor } from '../testing/needs.ts'
import { type DockerImages, startDockerImages } from './testing/docker-images.ts'

const reason = missing(['root', 'docker', 'dockerd'])
let started: Promise<DockerImages> | undefined
const scene = (): Promise<DockerImages> => (started ??= startDockerImages())
test.after.always(async () => (await started)?.close())

const docker = skipFor(test.serial, reason)
docker('a Docker daemon is an inventory like any other', (t) => t.pass('see below'))
if (reason === undefined)
  inventorySuite(test, {
    name: 'docker',
    isSerial: true,
    make: async () => {
      const images = await scene()
      const textIn = (repository: string, text: string): string => `${text} of ${repository}`
      return {
        inventory: createDockerInventory({ host: images.daemon.host }),
        tag: async (repository, name, text) => images.tag(`${repository}:${name}`, textIn(repository, text)),
        loosen: async (repository, name) => {
          await images.tag(`${repository}:${name}`, textIn(repository, 'what took the name'))
        },
        use: async (repository, name) => images.create(`${repository}:${name}`),
      }
    },
  })
