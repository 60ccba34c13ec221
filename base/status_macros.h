// The two macros that Debian's Abseil lacks.
//
//   SEALBOOK_RETURN_IF_ERROR(Store(page));
//   SEALBOOK_ASSIGN_OR_RETURN(Hash root, ComputeRoot(proof));
#ifndef SEALBOOK_BASE_STATUS_MACROS_H_
#define SEALBOOK_BASE_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define SEALBOOK_CONCAT_INNER_(a, b) a##b
#define SEALBOOK_CONCAT_(a, b) SEALBOOK_CONCAT_INNER_(a, b)

#define SEALBOOK_RETURN_IF_ERROR(expr)                                    \
  do {                                                                    \
    if (::absl::Status sealbook_status = (expr); !sealbook_status.ok()) { \
      return sealbook_status;                                             \
    }                                                                     \
  } while (false)

#define SEALBOOK_ASSIGN_OR_RETURN(lhs, expr) \
  SEALBOOK_ASSIGN_OR_RETURN_IMPL_(           \
      SEALBOOK_CONCAT_(sealbook_statusor_, __LINE__), lhs, expr)

#define SEALBOOK_ASSIGN_OR_RETURN_IMPL_(var, lhs, expr) \
  auto var = (expr);                                    \
  if (!var.ok()) return std::move(var).status();        \
  lhs = std::move(var).value()

#endif  // SEALBOOK_BASE_STATUS_MACROS_H_
