// Starts nginx with its DAV module and the dav-ext module (PROPFIND, OPTIONS) from a configuration of its own.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { assertInstalled, launch, writeHtpasswd, type RealServer } from './real-server.ts'

/** nginx at `/`, with Basic. @throws MissingPackage when it is not installed */
export function startNginx(): Promise<RealServer> {
  assertInstalled('nginx')
  return launch({
    command: '/usr/sbin/nginx',
    path: '/',
    prepare: (directory, port) => {
      mkdirSync(join(directory, 'temp'), { recursive: true })
      writeFileSync(join(directory, 'users'), writeHtpasswd())
      const configuration = join(directory, 'nginx.conf')
      writeFileSync(configuration, configure(directory, port))
      return ['-e', 'stderr', '-p', directory, '-c', configuration]
    },
  })
}

function configure(directory: string, port: number): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `  ${name}_temp_path ${directory}/temp/${name};`)
    .join('\n')
  return `load_module /usr/lib/nginx/modules/ngx_http_dav_ext_module.so;
${process.getuid?.() === 0 ? 'user root;' : ''}
daemon off;
# One process, so that ending it ends all.
master_process off;
pid ${directory}/nginx.pid;
error_log stderr warn;
events {}
http {
${temporary}
  access_log off;
  types { text/plain txt; application/pdf pdf; image/jpeg jpg; image/png png; }
  default_type application/octet-stream;
  server {
    listen 127.0.0.1:${port};
    root ${directory}/files;
    client_max_body_size 0;
    auth_basic "nginx DAV";
    auth_basic_user_file ${directory}/users;
    location / {
      dav_methods PUT DELETE MKCOL COPY MOVE;
      dav_ext_methods PROPFIND OPTIONS;
      create_full_put_path off;
      dav_access user:rw group:r all:r;
    }
  }
}
`
}
