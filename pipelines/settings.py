"""Settings: typed, from `firstpaid.toml` in the working folder and FIRSTPAID_* environment variables."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

PRIORITY_COMPONENTS = ("money", "risk", "age", "trend", "limit_use", "promises")


class Person(BaseModel):
    """What one signed-in person may see: a role, and the rep, regions or entities it is limited to (empty = all)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    role: Literal["manager", "analyst", "rep"]
    rep: str = ""
    regions: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()


class Settings(BaseSettings):
    """Everything a person may set. Environment variables win over the file; unknown names are refused."""

    model_config = SettingsConfigDict(
        env_prefix="FIRSTPAID_", env_nested_delimiter="__", toml_file="firstpaid.toml", extra="forbid", frozen=True
    )

    home: Path = Field(Path("data/warehouse"), description="Warehouse folder: imports, builds, model and journal.")
    base_currency: str = Field("CNY", description="Currency that every total is shown in.")
    default_entity: str = Field("main", description="Legal entity of rows that name none.")
    timezone: str = Field("Asia/Shanghai", description="Time zone that decides which business day it is.")
    country: str = Field("CN", description="Country whose public holidays and make-up days set the working days.")
    bucket_edges: tuple[int, ...] = Field(
        (0, 30, 60, 90, 120), description="Last day past due of each aging bucket; the last bucket is open-ended."
    )
    dso_window_months: int = Field(3, ge=1, le=24, description="Calendar months of sales in the simple DSO.")
    history_months: int = Field(60, ge=3, le=600, description="Month ends of aging history kept in a build.")
    late_grace_days: int = Field(0, ge=0, description="Days past due before a payment counts as late.")
    very_late_days: int = Field(30, ge=1, description="Days past due from which a payment counts as very late.")
    at_risk_days: int = Field(90, ge=1, description="Days past due at which unpaid billing counts as at risk.")
    promise_tolerance_days: int = Field(3, ge=0, description="Days after a promised date in which money counts.")
    quiet_days: int = Field(3, ge=0, description="Days after a contact in which a customer is not called again.")
    calls_per_rep: int = Field(25, ge=1, description="Customers a rep can call in a day.")
    priority_weights: dict[str, float] = Field(
        {"money": 0.36, "risk": 0.23, "age": 0.14, "trend": 0.09, "limit_use": 0.08, "promises": 0.10},
        description="Weight of each component of the priority score.",
    )
    builds_kept: int = Field(5, ge=1, description="Published builds kept for roll-back.")
    upload_limit_mb: int = Field(1024, ge=1, description="Largest file the import page takes.")
    people: dict[str, Person] = Field({}, description="Who may sign in: role, rep, regions and entities by e-mail.")
    journal_url: str = Field(
        "", description="Database of the journal, postgresql://...; empty: journal.db in the warehouse folder."
    )
    two_digit_year_pivot: int = Field(69, ge=0, le=99, description="Two-digit years up to this are 20xx, else 19xx.")

    @field_validator("bucket_edges")
    @classmethod
    def _edges_cover_every_day_once(cls, edges: tuple[int, ...]) -> tuple[int, ...]:
        if not edges or edges[0] != 0 or list(edges) != sorted(set(edges)):
            raise ValueError("bucket_edges must start at 0 and rise, for example [0, 30, 60, 90, 120]")
        return edges

    @field_validator("priority_weights")
    @classmethod
    def _weights_are_known(cls, weights: dict[str, float]) -> dict[str, float]:
        if set(weights) != set(PRIORITY_COMPONENTS) or min(weights.values()) < 0 or sum(weights.values()) <= 0:
            raise ValueError(f"priority_weights needs a weight >= 0 for each of {', '.join(PRIORITY_COMPONENTS)}")
        return weights

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)
