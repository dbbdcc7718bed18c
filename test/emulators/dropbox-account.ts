// Who the caller is and how much room there is. Source: users.stone, check.stone.
import { z } from 'zod'
import { bare, rpc, type DropboxRoute } from './dropbox-request.ts'
import { homePathOf } from './dropbox-settings.ts'
import { revokeGrant } from './dropbox-sign-in.ts'
import { ownerOf } from './dropbox-state.ts'

const echo = z.strictObject({ query: z.string().max(500).default('') })

export const accountRoutes: readonly DropboxRoute[] = [
  rpc('check/user', 'account_info.read', echo, (_, { query }) => ({ result: query })),

  bare('users/get_current_account', 'account_info.read', ({ state, caller: { person } }) => ({
    account_id: person.accountId,
    name: {
      given_name: person.givenName,
      surname: person.surname,
      familiar_name: person.givenName,
      display_name: homePathOf(person),
      abbreviated_name: `${person.givenName[0]}${person.surname[0]}`,
    },
    email: person.email,
    email_verified: !state.settings.emailUnverified,
    disabled: false,
    locale: 'en',
    referral_link: 'https://www.dropbox.com/referrals/AAAA',
    is_paired: false,
    account_type: { '.tag': person.team === undefined ? 'basic' : 'business' },
    root_info: state.rootInfo(person),
    ...(person.team === undefined
      ? {}
      : {
          country: 'DE',
          team: {
            id: person.team.id,
            name: person.team.name,
            sharing_policies: {
              shared_folder_member_policy: { '.tag': 'anyone' },
              shared_folder_join_policy: { '.tag': 'from_anyone' },
              shared_link_create_policy: { '.tag': 'default_public' },
            },
            office_addin_policy: { '.tag': 'disabled' },
          },
          team_member_id: person.team.memberId,
        }),
  })),

  bare('users/get_space_usage', 'account_info.read', ({ state, caller: { person } }) => {
    const everything = state.files.used(ownerOf(person))
    const allocated = state.settings.full ? everything : person.quota
    if (person.team === undefined)
      return { used: everything, allocation: { '.tag': 'individual', allocated } }
    const used = state.files.usedIn(person.home)
    return {
      used,
      allocation: {
        '.tag': 'team',
        used: everything,
        allocated,
        user_within_team_space_allocated: 0,
        user_within_team_space_limit_type: { '.tag': 'off' },
        user_within_team_space_used_cached: used,
      },
    }
  }),

  bare('auth/token/revoke', undefined, ({ c, state }) => {
    revokeGrant(state.oauth, c.req.header('authorization'))
    return null
  }),
]
