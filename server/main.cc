#include "server/commands/command_line.h"

int main(int argc, char** argv) {
  return sealbook::server::RunCommandLine(argc, argv);
}
