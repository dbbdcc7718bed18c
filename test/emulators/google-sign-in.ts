// Google's sign-in endpoints: the consent page, tokens, user info.
import type { Hono } from 'hono'
import type { GoogleState } from './google-state.ts'
import type { OAuthServer } from './oauth-server.ts'

export function mountSignIn(app: Hono, oauth: OAuthServer, state: GoogleState): void {
  app.get('/accounts.google.com/o/oauth2/v2/auth', (c) => oauth.authorizePage(c))
  app.get('/accounts.google.com/o/oauth2/v2/consent', (c) => oauth.decide(c))
  app.post('/oauth2.googleapis.com/token', (c) => oauth.token(c))
  app.post('/oauth2.googleapis.com/revoke', (c) => oauth.revoke(c))
  app.get('/openidconnect.googleapis.com/v1/userinfo', (c) => {
    const grant = oauth.authenticate(c.req.header('authorization'))
    if (grant === undefined || !grant.scopes.includes('openid')) {
      return c.json({ error: 'invalid_request', error_description: 'Invalid Credentials' }, 401)
    }
    const { sub, name } = state.profile(grant.account)
    return c.json({
      sub,
      ...(grant.scopes.includes('profile') ? { name } : {}),
      ...(grant.scopes.includes('email') ? { email: grant.account, email_verified: true } : {}),
    })
  })
}
