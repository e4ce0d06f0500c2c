#include <CLI/CLI.hpp>

int main(int argc, char** argv) {
  CLI::App app{"Focus-DETR: train, evaluate and run an efficient detection transformer."};
  CLI11_PARSE(app, argc, argv);
  return 0;
}
