// Every feature's part of the document.
import { adminOperations } from '../admin/openapi.ts'
import { connectionOperations } from '../connections/openapi.ts'
import { contractOperations } from '../contracts/openapi.ts'
import { documentOperations } from '../documents/openapi.ts'
import { fileOperations } from '../files/openapi.ts'
import { importOperations } from '../imports/openapi.ts'
import { knowledgeOperations } from '../knowledge/openapi.ts'
import { oauthOperations } from '../oauth/openapi.ts'
import { serviceOperations } from '../ui/openapi.ts'
import { uploadOperations } from '../uploads/openapi.ts'
import { userOperations } from '../users/openapi.ts'
import type { Operations } from './operation.ts'

export const operations: Operations = {
  ...connectionOperations,
  ...oauthOperations,
  ...fileOperations,
  ...uploadOperations,
  ...documentOperations,
  ...knowledgeOperations,
  ...importOperations,
  ...userOperations,
  ...adminOperations,
  ...contractOperations,
  ...serviceOperations,
}
