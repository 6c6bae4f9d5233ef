// SPDX-License-Identifier: Apache-2.0
// Stands where a library would load a module of Node; see vite.config.ts.
export const webcrypto = undefined;
