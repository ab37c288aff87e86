import { PersonRights as PersonRights_ea46798829df52f87402d70dddb0b814 } from '@payload-chat/server/panel'
import { SiteEmbed as SiteEmbed_ea46798829df52f87402d70dddb0b814 } from '@payload-chat/server/panel'
import { CollectionCards as CollectionCards_f9c02e79a4aed9a3924487c0cd4cafb1 } from '@payloadcms/next/rsc'

/** @type import('payload').ImportMap */
export const importMap = {
  "@payload-chat/server/panel#PersonRights": PersonRights_ea46798829df52f87402d70dddb0b814,
  "@payload-chat/server/panel#SiteEmbed": SiteEmbed_ea46798829df52f87402d70dddb0b814,
  "@payloadcms/next/rsc#CollectionCards": CollectionCards_f9c02e79a4aed9a3924487c0cd4cafb1
}
