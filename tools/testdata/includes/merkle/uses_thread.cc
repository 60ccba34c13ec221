#include <thread>

#include "keytrans/verifier.h"
