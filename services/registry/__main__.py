from services.registry.app import build
from services.registry.settings import RegistrySettings
from services.runtime.command import main

main("registry", RegistrySettings, build)
