import test from 'ava'
import { type EngineAddress, parseEngineAddress } from './engine-address.ts'

const good: [text: string, address: EngineAddress][] = [
  ['unix:///var/run/docker.sock', { socketPath: '/var/run/docker.sock' }],
  ['unix:///with space/s', { socketPath: '/with space/s' }],
  ['tcp://localhost', { host: 'localhost', port: 2375, path: '' }],
  ['tcp://localhost:80', { host: 'localhost', port: 80, path: '' }],
  ['tcp://10.0.0.1:4243/', { host: '10.0.0.1', port: 4243, path: '' }],
  ['tcp://[::1]:4243/base', { host: '::1', port: 4243, path: '/base' }],
  ['http://proxy/docker/', { host: 'proxy', port: 80, path: '/docker' }],
]
for (const [text, address] of good) test(text, (t) => t.deepEqual(parseEngineAddress(text), address))

const bad: [text: string, code: string][] = [
  ['', 'USAGE'],
  ['/var/run/docker.sock', 'USAGE'],
  ['unix://relative.sock', 'USAGE'],
  ['unix://', 'USAGE'],
  ['tcp://', 'USAGE'],
  ['tcp://host:port', 'USAGE'],
  ['tcp://user:secret@host', 'USAGE'],
  ['tcp://host?x=1', 'USAGE'],
  ['udp://host', 'USAGE'],
  ['ssh://host', 'NOT_SUPPORTED'],
  ['npipe:////./pipe/docker_engine', 'NOT_SUPPORTED'],
  ['https://host', 'NOT_SUPPORTED'],
]
for (const [text, code] of bad)
  test(`${JSON.stringify(text)}: ${code}`, (t) => t.throws(() => parseEngineAddress(text), { code }) && t.pass())
