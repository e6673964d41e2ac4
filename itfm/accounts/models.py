"""Organizations, the people in them, and what each may see."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower

from itfm.core.policy import SEES_EVERYTHING, SHOWS_ALL_COST, Permission, Role, is_allowed
from itfm.core.tenancy import TenantForeignKey, TenantModel


class UserManager(BaseUserManager["User"]):
    """Makes people; they log in with their e-mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Save a new person."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser, PermissionsMixin):
    """A person. People are not a tenant's rows: one may belong to several organizations."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=150, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    joined_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="accounts_user_email_any_case")]

    def __str__(self) -> str:
        return self.name or self.email


class Organization(models.Model):
    """A tenant: the root of everything it owns."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    is_demo = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    time_zone = models.CharField(max_length=60, default="UTC", db_default="UTC")
    requires_second_factor = models.BooleanField(
        default=False, db_default=False, help_text="Whether members enter only with a second factor set up."
    )
    engine = models.CharField(
        max_length=20, blank=True, default="", db_default="", help_text="What allocates; empty: as the site is set up."
    )
    closed_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Since when nobody gets in. After 30 days everything of it is removed for good.",
    )
    closed_by_name = models.CharField(max_length=200, blank=True, db_default="")

    def __str__(self) -> str:
        return self.name


class Membership(TenantModel):
    """A person's place in an organization."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    role = models.CharField(max_length=20)
    created_at = models.DateTimeField(auto_now_add=True)
    lens = models.CharField(
        max_length=20,
        blank=True,
        default="",
        db_default="",
        help_text="The lens costs are first looked at through; empty for the usual one.",
    )

    key: ApiKey | None = None
    """The key by which a program acts as a member; such a membership is never saved."""

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["organization", "user"], name="accounts_membership_once"),
            models.CheckConstraint(
                condition=models.Q(role__in=[role.value for role in Role]), name="accounts_membership_role"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} as {self.role}"

    @property
    def sees_everything(self) -> bool:
        """Whether the role sees all of the organization's cost, and no scope of a key narrows that down."""
        is_narrowed = self.key is not None and bool(self.key.scopes)
        return Role(self.role) in SEES_EVERYTHING and not is_narrowed

    def may(self, permission: Permission) -> bool:
        """Return whether the role holds the permission, and the key, where there is one, too."""
        if not is_allowed(Role(self.role), permission):
            return False
        if self.key is None:
            return True
        is_listed = self.key.permissions is None or permission in self.key.permissions
        return is_listed and not (self.key.scopes and permission in SHOWS_ALL_COST)

    def named_scopes(self) -> list[tuple[str, str]]:
        """Return dimension and value of each scope, sorted."""
        if self.key is not None:
            return sorted((scope["dimension"], scope["value"]) for scope in self.key.scopes)
        found = Scope.objects.filter(membership_id=self.pk)
        return list(found.order_by("dimension", "value").values_list("dimension", "value"))


class Scope(TenantModel):
    """What a member with a scoped role may see: a cost center with all below it, or a value of a dimension."""

    COST_CENTER = "cost_center"

    membership = TenantForeignKey(Membership, on_delete=models.CASCADE, related_name="scopes")
    dimension = models.CharField(
        max_length=60, help_text="Key of the dimension; `cost_center` includes the tree below."
    )
    value = models.CharField(max_length=200)

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["organization", "membership", "dimension", "value"], name="accounts_scope_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.dimension} = {self.value}"


class FormerMember(TenantModel):
    """Somebody who was removed, with what it takes to undo it."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    role = models.CharField(max_length=20)
    scopes = models.JSONField(default=list, blank=True)
    removed_at = models.DateTimeField()
    removed_by_name = models.CharField(max_length=200)

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["organization", "user"], name="accounts_formermember_once"),
            models.CheckConstraint(
                condition=models.Q(role__in=[role.value for role in Role]), name="accounts_formermember_role"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}, once {self.role}"


class Invitation(TenantModel):
    """A letter that lets its reader join. The database keeps only the hash of its secret."""

    email = models.EmailField()
    role = models.CharField(max_length=20)
    scopes = models.JSONField(default=list, blank=True)
    secret_sha256 = models.CharField(max_length=64)
    invited_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            models.CheckConstraint(
                condition=models.Q(role__in=[role.value for role in Role]), name="accounts_invitation_role"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} as {self.role}"


class ApiKey(TenantModel):
    """A secret by which a program acts for an organization; only its hash is kept."""

    name = models.CharField(max_length=80)
    role = models.CharField(max_length=20)
    permissions = models.JSONField(null=True, blank=True, help_text="Part of what the role may do; null is all of it.")
    scopes = models.JSONField(
        default=list,
        blank=True,
        db_default=models.Value([], models.JSONField()),
        help_text="Dimension and value of what the key sees; empty is what the role sees without a scope.",
    )
    prefix = models.CharField(max_length=12)
    secret_sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by_name = models.CharField(max_length=200, blank=True, db_default="")
    replaces = TenantForeignKey("self", on_delete=models.SET_NULL, related_name="successors", null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["organization", "secret_sha256"], name="accounts_apikey_secret"),
            models.CheckConstraint(
                condition=models.Q(role__in=[role.value for role in Role]), name="accounts_apikey_role"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
