// Starts Apache with mod_dav and mod_dav_fs from a configuration of its own; the system's is not read.
import { createHash } from 'node:crypto'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  assertInstalled,
  launch,
  password,
  username,
  writeHtpasswd,
  type RealServer,
} from './real-server.ts'

export interface ApacheOptions {
  readonly auth: 'basic' | 'digest'
}

const realm = 'Apache DAV'

/** Apache below `/dav/`. @throws MissingPackage when it is not installed */
export function startApache(options: ApacheOptions): Promise<RealServer> {
  assertInstalled('apache')
  return launch({
    command: '/usr/sbin/apache2',
    path: '/dav/',
    prepare: (directory, port) => {
      const locks = join(directory, 'locks')
      mkdirSync(locks, { recursive: true })
      chmodSync(locks, 0o777)
      const users = join(directory, 'users')
      writeFileSync(users, options.auth === 'basic' ? writeHtpasswd() : writeHtdigest())
      const types = join(directory, 'mime.types')
      writeFileSync(types, 'text/plain txt\napplication/pdf pdf\nimage/jpeg jpg\nimage/png png\n')
      const configuration = join(directory, 'apache.conf')
      writeFileSync(configuration, configure(directory, port, options.auth))
      return ['-D', 'FOREGROUND', '-d', directory, '-f', configuration]
    },
  })
}

/** `user:realm:MD5(user:realm:password)`, what htdigest writes. */
function writeHtdigest(): string {
  const hash = createHash('md5').update(`${username}:${realm}:${password}`).digest('hex')
  return `${username}:${realm}:${hash}\n`
}

function configure(directory: string, port: number, auth: ApacheOptions['auth']): string {
  const modules = ['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'authn_file', 'mime']
  modules.push(`auth_${auth}`, 'alias', 'dav', 'dav_fs')
  const type = auth === 'basic' ? 'Basic' : 'Digest'
  return `${modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join('\n')}
ServerName 127.0.0.1
Listen 127.0.0.1:${port}
${dropRoot()}
PidFile "${directory}/apache.pid"
DefaultRuntimeDir "${directory}"
# Not /dev/stderr: it is a socket here, which cannot be opened.
ErrorLog "${directory}/error.log"
LogLevel warn
TypesConfig "${directory}/mime.types"
DocumentRoot "${directory}/files"
StartServers 1
ThreadsPerChild 16
MaxRequestWorkers 16
MinSpareThreads 1
MaxSpareThreads 16
# Several requests of a test follow each other on one connection, and a stop does not wait for idle ones.
KeepAliveTimeout 5
GracefulShutdownTimeout 1
DavLockDB "${directory}/locks/DavLock"
Alias /dav "${directory}/files"
<Directory "${directory}/files">
  Dav On
  AuthType ${type}
  AuthName "${realm}"
  ${auth === 'basic' ? 'AuthBasicProvider' : 'AuthDigestProvider'} file
  AuthUserFile "${directory}/users"
  Require valid-user
</Directory>
`
}

/** Apache refuses to serve as root; as anybody else it stays who it is. */
function dropRoot(): string {
  if (process.getuid?.() !== 0) return ''
  const accounts = readFileSync('/etc/passwd', 'utf8')
  const name = /^www-data:/m.test(accounts) ? 'www-data' : 'nobody'
  return `User ${name}\nGroup ${name === 'nobody' ? 'nogroup' : name}`
}
